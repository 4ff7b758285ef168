CREATE TABLE `number_defaults` (
  `a` int DEFAULT '5',
  `b` bigint DEFAULT '-7',
  `c` decimal(5,2) DEFAULT '1.50',
  `d` float DEFAULT '0.1',
  `e` tinyint(1) DEFAULT '1',
  `f` year DEFAULT '2001'
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci