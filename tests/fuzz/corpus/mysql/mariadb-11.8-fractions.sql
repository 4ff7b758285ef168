CREATE TABLE `fractions` (
  `a` decimal(10,0) DEFAULT NULL,
  `b` decimal(12,4) NOT NULL DEFAULT 1.5000,
  `c` decimal(5,0) DEFAULT NULL,
  `d` float DEFAULT NULL,
  `e` double DEFAULT 10000000000,
  `f` float(7,3) DEFAULT NULL,
  `g` double(10,2) unsigned DEFAULT NULL,
  `h` decimal(10,2) DEFAULT -1.50
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci