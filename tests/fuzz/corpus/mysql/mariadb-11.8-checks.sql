CREATE TABLE `checks` (
  `a` int(11) DEFAULT NULL CHECK (`a` > 0),
  `b` varchar(10) DEFAULT NULL,
  CONSTRAINT `c1` CHECK (`b` <> 'x)'),
  CONSTRAINT `c2` CHECK (`a` < 100 and `b` in ('a','b')),
  CONSTRAINT `CONSTRAINT_1` CHECK (`a` <> 5)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci