CREATE TABLE `escapes` (
  `a` varchar(30) DEFAULT 'it''s',
  `b` varchar(30) DEFAULT 'a\\b\nc',
  `c` varchar(30) DEFAULT '''',
  `d` varchar(30) DEFAULT '(a',
  `e` varchar(9) DEFAULT 'NULL',
  `f` varchar(9) DEFAULT '`'
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci